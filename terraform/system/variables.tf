variable "environment" {
  description = "dev or prod; a tag on everything."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "dev or prod."
  }
}

variable "region" {
  description = "Where FinQ runs."
  type        = string
  default     = "ap-northeast-2"
}

variable "suffix" {
  description = "Appended to names, e.g. -dev, so that two environments fit into one account; empty in production, whose names are the architecture's."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(-[a-z0-9]{1,8})?$", var.suffix))
    error_message = "Empty, or a hyphen and up to 8 lower-case letters or digits."
  }
}

variable "bucket_suffix" {
  description = "Appended to names of buckets, which are unique in the world: the architecture's own are taken by whoever made them first."
  type        = string
  default     = ""
}

variable "protected" {
  description = "Data outlives mistakes: deletion protection, last snapshots, 30 days to have a secret back."
  type        = bool
  default     = true
}

# --- what is deployed

variable "images" {
  description = "Package of functions.yaml (backend, chatbot, etl) -> image in ECR by digest."
  type        = map(string)

  validation {
    condition     = alltrue([for image in var.images : can(regex("^[^@:]+(:[0-9]+)?/[^@:]+@sha256:[0-9a-f]{64}$", image))])
    error_message = "Images are named by digest (REGISTRY/NAME@sha256:...): a tag may mean something else tomorrow."
  }
}

variable "zips_bucket" {
  description = "finkurn-lambda-deployment, as terraform/account made it."
  type        = string
}

variable "zips_prefix" {
  description = "Where in that bucket the zips lie (PREFIX/FUNCTION.zip): the commit they were built from."
  type        = string
}

# --- sizes and switches

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
  default     = "10.40.0.0/16"
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone."
  type        = bool
  default     = false
}

variable "interface_endpoints" {
  description = "AWS services reached without the NAT gateway: secretsmanager always; bedrock-runtime and lambda by choice."
  type        = set(string)
  default     = ["secretsmanager"]
}

variable "database" {
  description = "engine: rds or aurora (Serverless v2). `connections`: what its memory allows, for an alarm; db.t3.medium takes about 400."
  type = object({
    engine          = optional(string, "rds")
    instance_class  = optional(string, "db.t3.medium")
    multi_az        = optional(bool, false)
    proxy           = optional(bool, false)
    aurora_capacity = optional(object({ min = number, max = number }), { min = 0.5, max = 4 })
    connections     = optional(number, 400)
  })
  default = {}
}

variable "reserve_concurrency" {
  description = "Reserve what functions.yaml says."
  type        = bool
  default     = true
}

variable "provisioned_concurrency" {
  description = "Function -> processes kept warm, e.g. { finkurn-chatbot = 2 }: about 75 USD a month for those two."
  type        = map(number)
  default     = {}
}

variable "rest_cache" {
  description = "Cache reads of policies for 300 s, for each person apart: about 15 USD a month."
  type        = bool
  default     = false
}

variable "waf" {
  description = "Put WAF before the REST API."
  type        = bool
  default     = false
}

variable "schedules_enabled" {
  description = "Collect, load and monitor by the clock."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

# --- accounts of people

variable "mfa" {
  description = "Offer a second factor."
  type        = bool
  default     = false
}

variable "mail" {
  description = "SES identity and sender of Cognito's mails; without them at most 50 a day."
  type        = object({ ses_identity_arn = optional(string), from = optional(string) })
  default     = {}
}

# --- others' services

variable "models" {
  description = "Models and inference profiles; roles are narrowed to them. `previous_embedding` stays allowed while the loader moves to another one (docs/loading.md)."
  type = object({
    answer             = optional(string, "global.anthropic.claude-sonnet-4-6")
    router             = optional(string, "global.anthropic.claude-haiku-4-5-20251001-v1:0")
    embedding          = optional(string, "amazon.titan-embed-text-v2:0")
    previous_embedding = optional(string, "")
  })
  default = {}
}

variable "milvus_uri" {
  description = "https://... of the Milvus (Zilliz) cluster; empty: pgvector answers."
  type        = string
  default     = ""

  validation {
    condition     = var.milvus_uri == "" || startswith(var.milvus_uri, "https://")
    error_message = "Milvus is spoken to over TLS: https://..."
  }
}

# --- people

variable "web" {
  description = "Name of the web app and its ACM certificate (us-east-1); without them CloudFront's own."
  type        = object({ domain = optional(string), certificate_arn = optional(string) })
  default     = {}
}

variable "alarm_emails" {
  description = "Who hears of alarms."
  type        = set(string)
  default     = []
}
