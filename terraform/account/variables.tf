variable "region" {
  description = "Where FinQ runs."
  type        = string
  default     = "ap-northeast-2"
}

variable "bucket_suffix" {
  description = "Appended to names of buckets, which are unique in the world."
  type        = string
  default     = ""
}

variable "github_repository" {
  description = "OWNER/NAME of the repository whose workflows may deploy."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z._-]+/[0-9A-Za-z._-]+$", var.github_repository))
    error_message = "OWNER/NAME, without wildcards: anybody's workflow would get in."
  }
}

variable "github_environments" {
  description = "Environments of the repository whose jobs may deploy into this account."
  type        = list(string)
  default     = ["dev", "prod"]
}

variable "monthly_budget_usd" {
  description = "What the whole account may cost a month before somebody is told."
  type        = number
  default     = 300
}

variable "budget_emails" {
  description = "Who is told."
  type        = list(string)
  default     = []
}
