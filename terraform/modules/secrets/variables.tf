variable "secrets" {
  description = "Secrets to make: key -> name and what its JSON object holds."
  type        = map(object({ name = string, description = string }))
}

variable "recovery_days" {
  description = "Days in which a deleted secret can be had back; 0 deletes at once."
  type        = number

  validation {
    condition     = var.recovery_days == 0 || (var.recovery_days >= 7 && var.recovery_days <= 30)
    error_message = "0, or 7 to 30."
  }
}
