variable "name" {
  description = "Name of the API."
  type        = string
}

variable "stage" {
  description = "Name of the stage."
  type        = string
}

variable "functions" {
  description = "Function -> its name and alias, the alias' invoke ARN, the routes that it serves."
  type        = map(object({ name = string, alias = string, invoke_arn = string, routes = list(string) }))
}

variable "throttle" {
  description = "New connections and frames a second, and at once."
  type        = object({ rate = number, burst = number })
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}
