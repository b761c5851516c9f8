locals {
  names  = [for function in var.functions : function.name]
  region = data.aws_region.here.name

  # Title -> metrics; laid out two in a row, in the order of their names.
  graphs = {
    "1 Calls"             = [for name in local.names : ["AWS/Lambda", "Invocations", "FunctionName", name, { stat = "Sum" }]]
    "2 Failed calls"      = [for name in local.names : ["AWS/Lambda", "Errors", "FunctionName", name, { stat = "Sum" }]]
    "3 Time, p95 (ms)"    = [for name in local.names : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = "p95" }]]
    "4 Running at a time" = [for name in local.names : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", name, { stat = "Maximum" }]]
    "5 REST"              = [for metric in ["Count", "4XXError", "5XXError"] : ["AWS/ApiGateway", metric, "ApiName", var.rest_api.name, "Stage", var.rest_api.stage, { stat = "Sum" }]]
    "6 REST, p95 (ms)"    = [for metric in ["Latency", "IntegrationLatency"] : ["AWS/ApiGateway", metric, "ApiName", var.rest_api.name, "Stage", var.rest_api.stage, { stat = "p95" }]]
    "7 WebSocket"         = [for metric in ["ConnectCount", "MessageCount", "IntegrationError", "ClientError"] : ["AWS/ApiGateway", metric, "ApiId", var.websocket_api.id, "Stage", var.websocket_api.stage, { stat = "Sum" }]]
    "8 Database"          = [for metric in ["CPUUtilization", "DatabaseConnections"] : concat(["AWS/RDS", metric], flatten([for name, value in var.database_dimension : [name, value]]), [{ stat = "Average" }])]
    "9 Tokens of Bedrock" = [for pair in setproduct(var.models, ["InputTokenCount", "OutputTokenCount", "InvocationThrottles"]) : ["AWS/Bedrock", pair[1], "ModelId", pair[0], { stat = "Sum" }]]
  }

  widgets = [
    for place, title in sort(keys(local.graphs)) : {
      type   = "metric"
      x      = 12 * (place % 2)
      y      = 6 * floor(place / 2)
      width  = 12
      height = 6
      properties = {
        title   = title
        region  = local.region
        period  = 300
        view    = "timeSeries"
        metrics = local.graphs[title]
      }
    }
  ]
}
