# Alarms, who hears of them, and one page to look at. docs/operations.md says what to do at each.

resource "aws_sns_topic" "alarms" {
  # checkov:skip=CKV_AWS_26: CloudWatch cannot publish to a topic under AWS' own key; messages are names of alarms
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id } }
      },
      {
        Sid       = "TlsAlone"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "mail" {
  for_each = var.emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

data "aws_caller_identity" "this" {}

data "aws_region" "here" {}

# More than 5 % of five minutes' calls, two times in a row, so that one failure at night wakes nobody.
resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.functions

  alarm_name          = "${each.value.name}-errors"
  alarm_description   = "More than 5 % of calls fail"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "rate"
    label       = "failed calls, %"
    expression  = "100 * errors / MAX([errors, calls])"
    return_data = true
  }
  metric_query {
    id = "errors"
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions  = { FunctionName = each.value.name }
      period      = 300
      stat        = "Sum"
    }
  }
  metric_query {
    id = "calls"
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions  = { FunctionName = each.value.name }
      period      = 300
      stat        = "Sum"
    }
  }
}

locals {
  # One metric, one threshold: what it is of, when it is too much.
  simple = merge(
    {
      for key, function in var.functions : "${function.name}-throttles" => {
        text       = "Calls are refused: concurrency is used up", namespace = "AWS/Lambda", metric = "Throttles"
        dimensions = { FunctionName = function.name }, stat = "Sum", period = 60, periods = 1, over = 0
      }
    },
    # Nobody waits for these, so nobody would notice.
    {
      for key, function in var.functions : "${function.name}-events" => {
        text       = "Events were given up", namespace = "AWS/Lambda", metric = "AsyncEventsDropped"
        dimensions = { FunctionName = function.name }, stat = "Sum", period = 300, periods = 1, over = 0
      } if function.asynchronous
    },
    {
      for key, function in var.functions : "${function.name}-destination" => {
        text       = "Failed events reached nobody", namespace = "AWS/Lambda", metric = "DestinationDeliveryFailures"
        dimensions = { FunctionName = function.name }, stat = "Sum", period = 300, periods = 1, over = 0
      } if function.asynchronous
    },
    {
      "${var.failures_queue}-depth" = {
        text       = "Failed events wait to be looked at", namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible"
        dimensions = { QueueName = var.failures_queue }, stat = "Maximum", period = 300, periods = 1, over = 0
      }
      "${var.name}-rest-5xx" = {
        text       = "More than 10 server errors in a minute", namespace = "AWS/ApiGateway", metric = "5XXError"
        dimensions = { ApiName = var.rest_api.name, Stage = var.rest_api.stage }, stat = "Sum", period = 60, periods = 1, over = 10
      }
      "${var.name}-websocket-errors" = {
        text       = "More than 10 frames in a minute failed in a function", namespace = "AWS/ApiGateway", metric = "IntegrationError"
        dimensions = { ApiId = var.websocket_api.id, Stage = var.websocket_api.stage }, stat = "Sum", period = 60, periods = 1, over = 10
      }
      "${var.name}-database-cpu" = {
        text       = "The database's processors are busier than 80 %", namespace = "AWS/RDS", metric = "CPUUtilization"
        dimensions = var.database_dimension, stat = "Average", period = 300, periods = 2, over = 80
      }
      "${var.name}-database-connections" = {
        text       = "Connections run out", namespace = "AWS/RDS", metric = "DatabaseConnections"
        dimensions = var.database_dimension, stat = "Maximum", period = 60, periods = 3, over = var.database_connections * 0.8
      }
    },
    {
      for key, machine in var.machines : "${machine.name}-failed" => {
        text       = "A nightly run failed", namespace = "AWS/States", metric = "ExecutionsFailed"
        dimensions = { StateMachineArn = machine.arn }, stat = "Sum", period = 300, periods = 1, over = 0
      }
    },
    {
      for model in var.models : "${var.name}-bedrock-${replace(model, "/[^0-9A-Za-z]+/", "-")}" => {
        text       = "Bedrock throttles: ask for a higher quota", namespace = "AWS/Bedrock", metric = "InvocationThrottles"
        dimensions = { ModelId = model }, stat = "Sum", period = 300, periods = 1, over = 5
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "simple" {
  for_each = local.simple

  alarm_name          = each.key
  alarm_description   = each.value.text
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.over
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.stat
  period              = each.value.period
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
