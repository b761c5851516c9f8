variable "name" {
  description = "Identifier of the instance or cluster, and prefix of what belongs to it."
  type        = string
}

variable "engine" {
  description = "rds: one instance. aurora: Aurora Serverless v2."
  type        = string

  validation {
    condition     = contains(["rds", "aurora"], var.engine)
    error_message = "rds or aurora."
  }
}

variable "instance_class" {
  description = "Of the instance; Aurora scales by `aurora_capacity`."
  type        = string
}

variable "aurora_capacity" {
  description = "Aurora's limits in capacity units (2 GB each)."
  type        = object({ min = number, max = number })

  validation {
    condition     = var.aurora_capacity.min >= 0.5 && var.aurora_capacity.max >= var.aurora_capacity.min
    error_message = "At least 0.5, and no more at the lower end than at the upper."
  }
}

variable "multi_az" {
  description = "A standby in another zone, at twice the price."
  type        = bool
}

variable "proxy" {
  description = "Put RDS Proxy between the functions and PostgreSQL."
  type        = bool
}

variable "protected" {
  description = "Refuse to delete the database, and take a last snapshot when it is deleted all the same."
  type        = bool
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way out, in two zones at least."
  type        = list(string)
}

variable "functions_security_group_id" {
  description = "Who may connect."
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "permissions_boundary" {
  description = "ARN of the boundary of every role."
  type        = string
}
