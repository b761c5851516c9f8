variable "name" {
  description = "Name of the API."
  type        = string
}

variable "stage" {
  description = "Name of the stage, the first part of every path."
  type        = string
}

variable "contract" {
  description = "Path of api/openapi.yaml."
  type        = string
}

variable "functions" {
  description = "Function -> its name and alias, the alias' invoke ARN, the tags of the contract that it serves."
  type        = map(object({ name = string, alias = string, invoke_arn = string, tags = list(string) }))
}

variable "user_pool_arn" {
  description = "Whose ID tokens are accepted."
  type        = string
}

variable "web_origin" {
  description = "Origin of the web app, for CORS."
  type        = string
}

variable "throttle" {
  description = "Requests a second, and at once."
  type        = object({ rate = number, burst = number })
}

variable "cache" {
  description = "Cache of reads: of which tag, for how many seconds, of how many GB."
  type        = object({ enabled = bool, tag = string, seconds = number, size = string })
}

variable "waf" {
  description = "Put WAF before the API."
  type        = bool
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}
