"""The errors of Bedrock Runtime, as its service model names them."""

# error type -> HTTP status
STATUS = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "MissingAuthenticationTokenException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}

# Events that end a stream that has already begun (members of ConverseStreamOutput).
STREAM_ERRORS = frozenset(
    {
        "internalServerException",
        "modelStreamErrorException",
        "validationException",
        "throttlingException",
        "serviceUnavailableException",
    }
)

MESSAGES = {
    "AccessDeniedException": "You don't have access to the model with the specified model ID.",
    "ThrottlingException": "Too many requests, please wait before trying again.",
    "ModelTimeoutException": "Model has timed out in processing the request. Try your request again.",
    "ServiceUnavailableException": "Bedrock is unable to process your request.",
    "ModelNotReadyException": "Model is not ready for inference. Wait and try your request again.",
    "InternalServerException": "The system encountered an unexpected error during processing. Try your request again.",
    "ResourceNotFoundException": "Could not resolve the foundation model from the provided model identifier.",
    "ValidationException": "The request is not valid.",
    "ModelErrorException": "The model could not process the request.",
    "modelStreamErrorException": "An error occurred while streaming the response. Retry your request.",
    "throttlingException": "Too many tokens, please wait before trying again.",
    "internalServerException": "The system encountered an unexpected error during processing. Try your request again.",
    "serviceUnavailableException": "Bedrock is unable to process your request.",
    "validationException": "The request is not valid.",
}


class ServiceError(Exception):
    """An error to answer with: `type` is a key of `STATUS`."""

    def __init__(self, error_type: str, message: str = "") -> None:
        self.type = error_type
        self.status = STATUS[error_type]
        self.message = message or MESSAGES[error_type]
        super().__init__(f"{error_type}: {self.message}")
