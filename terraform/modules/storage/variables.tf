variable "policy_bucket" {
  description = "Name of the bucket of policies."
  type        = string
}

variable "force_destroy" {
  description = "Let destroy remove the policies."
  type        = bool
}
