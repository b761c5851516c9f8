"""An OpenAI-compatible server (Ollama, vLLM, ...) behind the Bedrock protocol."""
