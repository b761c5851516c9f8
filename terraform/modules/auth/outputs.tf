output "pool_id" {
  description = "Id of the user pool."
  value       = aws_cognito_user_pool.this.id
}

output "pool_arn" {
  description = "ARN of the user pool."
  value       = aws_cognito_user_pool.this.arn
}

output "client_id" {
  description = "Id of the app client; public."
  value       = aws_cognito_user_pool_client.app.id
}
