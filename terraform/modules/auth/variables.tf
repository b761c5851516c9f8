variable "name" {
  description = "Name of the user pool."
  type        = string
}

variable "client_name" {
  description = "Name of its app client."
  type        = string
}

variable "mfa" {
  description = "Offer a second factor by an authenticator app; the architecture has it off."
  type        = bool
}

variable "protected" {
  description = "Refuse to delete the pool, and everybody's accounts with it."
  type        = bool
}

variable "ses_identity_arn" {
  description = "Verified SES identity that mails come from; null: Cognito's own, at most 50 a day."
  type        = string
}

variable "mail_from" {
  description = "Sender of mails through SES, e.g. FinQ <no-reply@example.com>; null without SES."
  type        = string

  validation {
    condition     = (var.mail_from == null) == (var.ses_identity_arn == null)
    error_message = "Set mail_from together with ses_identity_arn."
  }
}
