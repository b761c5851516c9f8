output "state_bucket" {
  description = "For environments/*.s3.tfbackend."
  value       = module.state.name
}

output "zips_bucket" {
  description = "Where zips are copied to before an apply."
  value       = module.zips.name
}

output "repositories" {
  description = "Package -> where its image is pushed."
  value       = { for package, repository in aws_ecr_repository.this : package => repository.repository_url }
}

output "github_roles" {
  description = "Roles of GitHub Actions: plan and deploy."
  value       = { for key, role in aws_iam_role.github : key => role.arn }
}
