variable "name" {
  description = "Name of the group of schedules."
  type        = string
}

variable "schedules" {
  description = "Function -> its cron fields in Asia/Seoul, and the events (JSON) of a run's steps; none: one plain call."
  type        = map(object({ name = string, alias_arn = string, timeout = number, cron = string, steps = list(string) }))

  validation {
    condition     = alltrue([for schedule in var.schedules : length(schedule.steps) == 0 || try(jsondecode(schedule.steps[length(schedule.steps) - 1]).action == "verify", false)])
    error_message = "The last step must be `verify`: its answer decides whether the run counts as done."
  }
}

variable "enabled" {
  description = "Whether the clock starts anything."
  type        = bool
}

variable "alarm_topic_arn" {
  description = "Who is told of a failed run."
  type        = string
}

variable "failures_queue_arn" {
  description = "Where starts end up that could not be delivered."
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
