output "arns" {
  description = "Key -> ARN of the secret; never its value."
  value       = { for key, secret in aws_secretsmanager_secret.this : key => secret.arn }
}
