resource "aws_apigatewayv2_api" "this" {
  name                       = var.name
  description                = "Frames of the chat, docs/websocket.md"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.type" # every type goes to $default, which looks for itself
}

locals {
  routes = merge([for function in var.functions : { for key in function.routes : key => function }]...)
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.routes

  api_id                    = aws_apigatewayv2_api.this.id
  integration_type          = "AWS_PROXY"
  integration_method        = "POST"
  integration_uri           = each.value.invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
  timeout_milliseconds      = 29000
}

# No authorizer: browsers can send the token in a subprotocol alone, which finkurn-ws-connect reads and verifies itself.
resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309: finkurn-ws-connect verifies the token before there is a connection
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id = aws_apigatewayv2_api.this.id

  triggers = {
    routes = sha256(jsonencode([for key, route in aws_apigatewayv2_route.this : [key, route.target, aws_apigatewayv2_integration.this[key].integration_uri]]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "live" {
  # checkov:skip=CKV2_AWS_51: callers are people with a Cognito token, not machines with certificates
  api_id        = aws_apigatewayv2_api.this.id
  name          = var.stage
  deployment_id = aws_apigatewayv2_deployment.this.id

  default_route_settings {
    # Execution logs would hold the query string of $connect, and with it the token.
    logging_level            = "OFF"
    data_trace_enabled       = false
    detailed_metrics_enabled = true
    throttling_rate_limit    = var.throttle.rate
    throttling_burst_limit   = var.throttle.burst
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # Neither path nor query nor headers: the token travels in one of them.
    format = jsonencode({
      request_id    = "$context.requestId"
      time          = "$context.requestTimeEpoch"
      event         = "$context.eventType"
      route         = "$context.routeKey"
      connection_id = "$context.connectionId"
      status        = "$context.status"
      function_ms   = "$context.integrationLatency"
      source_ip     = "$context.identity.sourceIp"
      error         = "$context.error.responseType"
      function      = "$context.integrationErrorMessage"
    })
  }
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_158: CloudWatch's own key; no token or frame is logged
  # checkov:skip=CKV_AWS_338: 30 days, as the architecture says
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_permission" "this" {
  for_each = { for key, function in var.functions : key => function if length(function.routes) > 0 }

  statement_id  = "websocket-api"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  qualifier     = each.value.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage}/*"
}
