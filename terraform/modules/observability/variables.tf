variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "emails" {
  description = "Who hears of alarms; each has to confirm a mail."
  type        = set(string)
}

variable "functions" {
  description = "Function -> its name, and whether it is called without anybody waiting."
  type        = map(object({ name = string, asynchronous = bool }))
}

variable "failures_queue" {
  description = "Name of the queue of failed events."
  type        = string
}

variable "rest_api" {
  description = "The REST API."
  type        = object({ name = string, stage = string })
}

variable "websocket_api" {
  description = "The WebSocket API."
  type        = object({ id = string, stage = string })
}

variable "database_dimension" {
  description = "What CloudWatch knows the database by."
  type        = map(string)
}

variable "database_connections" {
  description = "How many the database takes."
  type        = number
}

variable "machines" {
  description = "Function -> the state machine that runs its steps."
  type        = map(object({ name = string, arn = string }))
}

variable "models" {
  description = "Ids of models and inference profiles."
  type        = list(string)
}
