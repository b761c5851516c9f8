data "aws_region" "here" {}

data "aws_caller_identity" "this" {}

locals {
  # Made of the id and not of the stage: functions behind the stage need them.
  host = "${aws_apigatewayv2_api.this.id}.execute-api.${data.aws_region.here.name}.amazonaws.com"
}

output "id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
}

output "url" {
  description = "Where clients connect."
  value       = "wss://${local.host}/${var.stage}"
}

output "management_endpoint" {
  description = "Where functions push to."
  value       = "https://${local.host}/${var.stage}"
}

output "push_arn" {
  description = "What a role must be allowed to push."
  value       = "arn:aws:execute-api:${data.aws_region.here.name}:${data.aws_caller_identity.this.account_id}:${aws_apigatewayv2_api.this.id}/${var.stage}/POST/@connections/*"
}
