variable "name" {
  description = "Prefix of names of what the functions share."
  type        = string
}

variable "suffix" {
  description = "Appended to the names of functions; empty in production."
  type        = string
}

variable "functions" {
  description = "`functions` of functions.yaml, whose head explains the fields."
  type = map(object({
    description          = string
    handler              = string
    memory               = number
    timeout              = number
    package              = string
    role                 = string
    environment          = optional(list(string), [])
    retries              = optional(number, 2)
    on_failure           = optional(string)
    reserved_concurrency = optional(number)
    triggers = object({
      rest      = optional(list(string), [])
      websocket = optional(list(string), [])
      url       = optional(string)
      invoke    = optional(bool, false)
    })
  }))
}

variable "groups" {
  description = "Environment group of functions.yaml -> the variables that deployment decides, and what reading them allows."
  type = map(object({
    environment = map(string)
    grants      = list(object({ sid = string, actions = list(string), resources = list(string) }))
  }))
}

variable "extra_grants" {
  description = "Function -> permissions that do not follow from its environment groups."
  type        = map(list(object({ sid = string, actions = list(string), resources = list(string) })))
}

variable "internet_groups" {
  description = "Environment groups that name something on the internet; functions that read them get a way out."
  type        = set(string)
}

variable "images" {
  description = "Package -> image with its digest."
  type        = map(string)
}

variable "zips" {
  description = "Where the zips lie: PREFIX/FUNCTION.zip in the bucket."
  type        = object({ bucket = string, prefix = string })

  validation {
    condition     = can(regex("^[0-9A-Za-z._-]+(/[0-9A-Za-z._-]+)*$", var.zips.prefix))
    error_message = "A prefix without slashes at its ends, e.g. the commit that the zips were built from."
  }
}

variable "network" {
  description = "Where functions that use the database run."
  type = object({
    egress_subnet_ids   = list(string)
    isolated_subnet_ids = list(string)
    security_group_id   = string
  })
}

variable "reserve_concurrency" {
  description = "Reserve what functions.yaml says. New accounts may run 10 at a time in all, which leaves nothing to reserve."
  type        = bool
}

variable "provisioned_concurrency" {
  description = "Function -> processes kept warm."
  type        = map(number)

  validation {
    condition     = alltrue([for count in values(var.provisioned_concurrency) : count >= 1])
    error_message = "At least one; leave a function out to keep none warm."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "permissions_boundary" {
  description = "ARN of the boundary of every role."
  type        = string
}
