output "id" {
  description = "Id of the API."
  value       = aws_api_gateway_rest_api.this.id
}

output "name" {
  description = "What CloudWatch knows it by."
  value       = aws_api_gateway_rest_api.this.name
}

output "url" {
  description = "What comes before /api."
  value       = aws_api_gateway_stage.live.invoke_url
}
