variable "name" {
  description = "Name of the bucket, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.name))
    error_message = "S3 takes 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "keep_old_versions_days" {
  description = "Days after which a version that was overwritten or deleted goes for good."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_old_versions_days >= 1
    error_message = "At least one day."
  }
}

variable "force_destroy" {
  description = "Let destroy remove a bucket that holds objects."
  type        = bool
  default     = false
}

variable "statements" {
  description = "Statements of the bucket's policy besides the one that refuses plain HTTP."
  type        = list(any)
  default     = []
}
