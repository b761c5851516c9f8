resource "aws_api_gateway_rest_api" "this" {
  name        = var.name
  description = local.contract.info.title
  body        = jsonencode(local.document)

  # What the document does not say is not there.
  put_rest_api_mode = "overwrite"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = { document = sha256(jsonencode(local.document)) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  # checkov:skip=CKV2_AWS_77: with WAF on, KnownBadInputs, which has Log4j; the check does not read a dynamic block
  # checkov:skip=CKV_AWS_120: the cache is a variable
  # checkov:skip=CKV2_AWS_4: execution logs would repeat headers; access logs say what is asked for, the functions the rest
  # checkov:skip=CKV2_AWS_29: WAF is a variable
  # checkov:skip=CKV2_AWS_51: callers are people with a Cognito token, not machines with certificates
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = var.stage
  description   = "finkurn-api and finkurn-backend-v4"

  xray_tracing_enabled  = true
  cache_cluster_enabled = var.cache.enabled
  cache_cluster_size    = var.cache.enabled ? var.cache.size : null

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # No path, query or header as it was sent: a query holds what people look for.
    format = jsonencode({
      request_id  = "$context.requestId"
      time        = "$context.requestTimeEpoch"
      method      = "$context.httpMethod"
      resource    = "$context.resourcePath"
      status      = "$context.status"
      ms          = "$context.responseLatency"
      function_ms = "$context.integrationLatency"
      bytes       = "$context.responseLength"
      user_id     = "$context.authorizer.claims.sub"
      source_ip   = "$context.identity.sourceIp"
      error       = "$context.error.responseType"
      xray        = "$context.xrayTraceId"
    })
  }
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225: the cache is a variable, and is for reads of policies alone
  # checkov:skip=CKV_AWS_308: set where the cache is
  # checkov:skip=CKV2_AWS_4: no execution logs, which would repeat headers; access logs stand at the stage
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "OFF"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
    caching_enabled        = false
  }
}

resource "aws_api_gateway_method_settings" "cached" {
  # checkov:skip=CKV2_AWS_4: no execution logs, which would repeat headers; access logs stand at the stage
  for_each = toset(flatten([for path, methods in local.cached : [for method, cached in methods : "${trimprefix(path, "/")}/${upper(method)}" if cached]]))

  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = each.key

  settings {
    metrics_enabled                            = true
    logging_level                              = "OFF"
    data_trace_enabled                         = false
    throttling_rate_limit                      = var.throttle.rate
    throttling_burst_limit                     = var.throttle.burst
    caching_enabled                            = true
    cache_ttl_in_seconds                       = var.cache.seconds
    cache_data_encrypted                       = true
    require_authorization_for_cache_control    = true
    unauthorized_cache_control_header_strategy = "SUCCEED_WITHOUT_RESPONSE_HEADER"
  }

  depends_on = [aws_api_gateway_method_settings.all]
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_158: CloudWatch's own key; no token, query or body is logged
  # checkov:skip=CKV_AWS_338: 30 days, as the architecture says
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_permission" "this" {
  for_each = { for key, function in var.functions : key => function if length(function.tags) > 0 }

  statement_id  = "rest-api"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  qualifier     = each.value.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage}/*"
}
