# What starts by the clock. A schedule with `steps` becomes a state machine that sends them one after another, each in
# an invocation of its own with the function's whole time; one without becomes a plain call.

data "aws_caller_identity" "this" {}

data "aws_region" "here" {}

locals {
  account = data.aws_caller_identity.this.account_id
  region  = data.aws_region.here.name

  machines = { for key, schedule in var.schedules : key => schedule if length(schedule.steps) > 0 }
  # As they are named when they are made, since their roles must be there first.
  machine_names = { for key, schedule in local.machines : key => "${schedule.name}-steps" }

  titles = { for key, schedule in local.machines : key => [for step in schedule.steps : title(jsondecode(step).action)] }

  definitions = {
    for key, schedule in local.machines : key => {
      Comment = "Runs ${schedule.name} once for each step; told of at ${var.alarm_topic_arn} when one fails"
      StartAt = local.titles[key][0]
      States = merge(
        {
          for place, step in schedule.steps : local.titles[key][place] => {
            Type     = "Task"
            Resource = "arn:aws:states:::lambda:invoke"
            Parameters = {
              FunctionName = schedule.alias_arn
              Payload      = jsondecode(step)
            }
            OutputPath     = "$.Payload"
            TimeoutSeconds = schedule.timeout + 60
            Retry = [
              # Somebody else's run: waiting an hour for it beats giving up for a day.
              { ErrorEquals = ["Conflict"], IntervalSeconds = 900, MaxAttempts = 4, BackoffRate = 1 },
              # A run that was cut off, by its time or otherwise, goes on where it was.
              { ErrorEquals = ["States.TaskFailed", "States.Timeout"], IntervalSeconds = 60, MaxAttempts = 3, BackoffRate = 2 },
            ]
            Catch = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.failure", Next = "Tell" }]
            Next  = place + 1 < length(schedule.steps) ? local.titles[key][place + 1] : "Consistent"
          }
        },
        {
          Consistent = {
            Type    = "Choice"
            Choices = [{ Variable = "$.consistent", BooleanEquals = true, Next = "Done" }]
            Default = "Tell"
          }
          Done = { Type = "Succeed" }
          Tell = {
            Type     = "Task"
            Resource = "arn:aws:states:::sns:publish"
            Parameters = {
              TopicArn    = var.alarm_topic_arn
              Subject     = "${local.machine_names[key]} failed"
              "Message.$" = "States.JsonToString($)"
            }
            Retry = [{ ErrorEquals = ["States.ALL"], IntervalSeconds = 5, MaxAttempts = 3, BackoffRate = 2 }]
            Next  = "Failed"
          }
          Failed = { Type = "Fail", Error = "StepFailed", Cause = "A step failed, or the stores do not agree" }
        },
      )
    }
  }
}

resource "aws_cloudwatch_log_group" "machine" {
  # checkov:skip=CKV_AWS_158: CloudWatch's own key; what steps say is not logged here
  # checkov:skip=CKV_AWS_338: 30 days, as the architecture says
  for_each = local.machines

  name              = "/aws/vendedlogs/states/${local.machine_names[each.key]}"
  retention_in_days = var.log_retention_days
}

resource "aws_sfn_state_machine" "this" {
  # checkov:skip=CKV_AWS_284: tracing is on below; the check reads a counted resource wrongly
  # checkov:skip=CKV_AWS_285: errors are logged, without what was passed along
  for_each = local.machines

  name       = local.machine_names[each.key]
  role_arn   = aws_iam_role.machine[each.key].arn
  definition = jsonencode(local.definitions[each.key])

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machine[each.key].arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.machine]
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_scheduler_schedule" "this" {
  # checkov:skip=CKV_AWS_297: the schedule's input is empty; AWS' own key encrypts it
  for_each = var.schedules

  name                         = each.value.name
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = "cron(${each.value.cron})"
  schedule_expression_timezone = "Asia/Seoul"
  state                        = var.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = contains(keys(local.machines), each.key) ? aws_sfn_state_machine.this[each.key].arn : each.value.alias_arn
    role_arn = aws_iam_role.scheduler[each.key].arn
    input    = "{}"

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
    dead_letter_config {
      arn = var.failures_queue_arn
    }
  }
}
