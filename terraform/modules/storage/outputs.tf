output "policy_bucket" {
  description = "Bucket of policies: name and ARN."
  value       = { name = module.policy_docs.name, arn = module.policy_docs.arn }
}
