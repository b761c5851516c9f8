variable "name" {
  description = "Name of the distribution's parts."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket of files."
  type        = string
}

variable "region" {
  description = "Where the bucket is."
  type        = string
}

variable "domain" {
  description = "Name of the web app, e.g. app.example.com; null: CloudFront's own."
  type        = string
}

variable "certificate_arn" {
  description = "ACM certificate of the domain, in us-east-1."
  type        = string

  validation {
    condition     = (var.certificate_arn == null) == (var.domain == null)
    error_message = "Set certificate_arn together with domain."
  }
  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws:acm:us-east-1:", var.certificate_arn))
    error_message = "CloudFront takes certificates of us-east-1 alone."
  }
}

variable "api_origins" {
  description = "Origins of the APIs that the app may talk to."
  type        = list(string)
}
