"""FinQ: grounded, streamed answers about Korean youth policies, as AWS Lambda functions."""
