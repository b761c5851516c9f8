# Every function of functions.yaml: log group, role, code, alias `live`, what happens to failed events.
#
# What a function may do follows from the environment groups it reads: who gets FINQ_TAVILY_SECRET_ID may read that
# secret. `groups` says both for each group; the root fills it in.

data "aws_caller_identity" "this" {}

data "aws_region" "here" {}

locals {
  account = data.aws_caller_identity.this.account_id
  region  = data.aws_region.here.name
  alias   = "live"

  names = { for key, _ in var.functions : key => "${key}${var.suffix}" }
  # Built from names, since a role must be there before the functions that it may call.
  arns       = { for key, name in local.names : key => "arn:aws:lambda:${local.region}:${local.account}:function:${name}" }
  alias_arns = { for key, arn in local.arns : key => "${arn}:${local.alias}" }

  in_vpc = { for key, function in var.functions : key => function if contains(function.environment, "database") }
  egress = { for key, function in local.in_vpc : key => function if length(setintersection(function.environment, var.internet_groups)) > 0 }

  environment = {
    for key, function in var.functions : key => merge([for group in function.environment : var.groups[group].environment]...)
  }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: CloudWatch's own key; logs hold ids, lengths and timings, never what people wrote
  # checkov:skip=CKV_AWS_338: 30 days, as the architecture says
  for_each = var.functions

  name              = "/aws/lambda/${local.names[each.key]}"
  retention_in_days = var.log_retention_days
}

# Failed events of functions that name nobody to tell (`on_failure`), for a person to look at.
resource "aws_sqs_queue" "failures" {
  name                      = "${var.name}-failures"
  message_retention_seconds = 14 * 24 * 60 * 60
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_115: reserved concurrency stands in functions.yaml where it protects something; the rest share the account's
  # checkov:skip=CKV_AWS_116: failed events go to a failure destination, which says more than a dead-letter queue
  # checkov:skip=CKV_AWS_117: finkurn-api talks to nobody but Cognito's public endpoint; in the VPC it would only add a NAT gateway's bill
  # checkov:skip=CKV_AWS_173: the environment holds names and addresses, no secret; AWS' own key encrypts it
  # checkov:skip=CKV_AWS_272: images are pinned by digest and zips lie in a bucket that only the deployment writes; signing covers zips alone
  for_each = var.functions

  function_name = local.names[each.key]
  description   = each.value.description
  role          = aws_iam_role.this[each.key].arn
  memory_size   = each.value.memory
  timeout       = each.value.timeout
  architectures = ["x86_64"]
  publish       = true

  package_type = each.value.package == "zip" ? "Zip" : "Image"
  image_uri    = each.value.package == "zip" ? null : var.images[each.value.package]
  runtime      = each.value.package == "zip" ? "python3.12" : null
  handler      = each.value.package == "zip" ? each.value.handler : null
  s3_bucket    = each.value.package == "zip" ? var.zips.bucket : null
  s3_key       = each.value.package == "zip" ? "${var.zips.prefix}/${each.key}.zip" : null

  reserved_concurrent_executions = var.reserve_concurrency && each.value.reserved_concurrency != null ? each.value.reserved_concurrency : -1

  environment {
    variables = local.environment[each.key]
  }

  dynamic "vpc_config" {
    for_each = contains(keys(local.in_vpc), each.key) ? [each.key] : []
    content {
      subnet_ids         = contains(keys(local.egress), each.key) ? var.network.egress_subnet_ids : var.network.isolated_subnet_ids
      security_group_ids = [var.network.security_group_id]
    }
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

# What API Gateway, the chatbot's callers and the schedules call. Terraform publishes versions; which one is live is the
# deployment's business (a few percent first, back on an alarm), so a change of it is no drift.
resource "aws_lambda_alias" "live" {
  for_each = var.functions

  name             = local.alias
  description      = "What is called; moved by the deployment"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  for_each = var.provisioned_concurrency

  function_name                     = aws_lambda_function.this[each.key].function_name
  qualifier                         = aws_lambda_alias.live[each.key].name
  provisioned_concurrent_executions = each.value
}

resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = var.functions

  function_name          = aws_lambda_function.this[each.key].function_name
  qualifier              = aws_lambda_alias.live[each.key].name
  maximum_retry_attempts = each.value.retries

  # Lambda's own six hours, said aloud: throttled events wait so long.
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = each.value.on_failure == null ? aws_sqs_queue.failures.arn : local.alias_arns[each.value.on_failure]
    }
  }

  depends_on = [aws_lambda_alias.live]
}

resource "aws_lambda_function_url" "this" {
  for_each = { for key, function in var.functions : key => function if function.triggers.url != null }

  function_name      = aws_lambda_function.this[each.key].function_name
  qualifier          = aws_lambda_alias.live[each.key].name
  authorization_type = each.value.triggers.url
}
