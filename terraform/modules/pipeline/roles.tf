resource "aws_iam_role" "machine" {
  for_each = local.machines

  name                 = local.machine_names[each.key]
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "machine" {
  for_each = local.machines

  name = "needs"
  role = aws_iam_role.machine[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Steps", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [each.value.alias_arn] },
      { Sid = "Tell", Effect = "Allow", Action = ["sns:Publish"], Resource = [var.alarm_topic_arn] },
      # Deliveries of logs, and X-Ray, know no resources to name.
      {
        Sid    = "Logs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "Tracing"
        Effect   = "Allow"
        Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = ["*"]
      },
    ]
  })
}

resource "aws_iam_role" "scheduler" {
  for_each = var.schedules

  name                 = "${each.value.name}-schedule"
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  for_each = var.schedules

  name = "needs"
  role = aws_iam_role.scheduler[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Start"
        Effect   = "Allow"
        Action   = [contains(keys(local.machines), each.key) ? "states:StartExecution" : "lambda:InvokeFunction"]
        Resource = [contains(keys(local.machines), each.key) ? "arn:aws:states:${local.region}:${local.account}:stateMachine:${local.machine_names[each.key]}" : each.value.alias_arn]
      },
      { Sid = "Failures", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [var.failures_queue_arn] },
    ]
  })
}
