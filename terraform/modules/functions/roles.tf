# The architecture has three roles. Each function gets one of its own, named after the architecture's, with the part
# of its permissions that this function needs.

locals {
  logs = {
    for key, _ in var.functions : key => [{
      sid       = "Logs"
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["arn:aws:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.names[key]}:*"]
    }]
  }
  # X-Ray knows no resources to name.
  tracing = [{
    sid       = "Tracing"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }]
  # Lambda itself makes the interfaces, in the function's name. EC2's Describe* actions know no resources to name.
  network = [
    {
      sid       = "Interfaces"
      actions   = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
      resources = [for kind in ["network-interface", "security-group", "subnet"] : "arn:aws:ec2:${local.region}:${local.account}:${kind}/*"]
    },
    {
      sid       = "SeeInterfaces"
      actions   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
      resources = ["*"]
    },
  ]
  failures = {
    for key, function in var.functions : key => [{
      sid       = "Failures"
      actions   = [function.on_failure == null ? "sqs:SendMessage" : "lambda:InvokeFunction"]
      resources = [function.on_failure == null ? aws_sqs_queue.failures.arn : local.alias_arns[function.on_failure]]
    }]
  }
  grants = {
    for key, function in var.functions : key => concat(
      local.logs[key],
      local.tracing,
      contains(keys(local.in_vpc), key) ? local.network : [],
      local.failures[key],
      flatten([for group in function.environment : var.groups[group].grants]),
      lookup(var.extra_grants, key, []),
    )
  }
}

resource "aws_iam_role" "this" {
  for_each = var.functions

  name                 = "${each.value.role}-${trimprefix(local.names[each.key], "finkurn-")}"
  description          = "What ${local.names[each.key]} may do"
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = var.functions

  name = "needs"
  role = aws_iam_role.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for grant in local.grants[each.key] : {
      Sid      = grant.sid
      Effect   = "Allow"
      Action   = grant.actions
      Resource = grant.resources
    }]
  })
}
