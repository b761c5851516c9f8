# Keys of other companies' services. Terraform makes the places; a person or the pipeline puts the values in, so that
# none is ever in a state file. Their issuers have no interface to rotate them. The database's password is made and
# rotated by RDS (module data); tokens are signed by Cognito, so the architecture's "JWT secret key" does not exist.
resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV_AWS_149: AWS' own key; a key of ours would be read by the same roles and cost 1 USD a month
  # checkov:skip=CKV2_AWS_57: Zilliz, Tavily and the Open API offer no rotation; docs/operations.md says how by hand
  for_each = var.secrets

  name                    = each.value.name
  description             = each.value.description
  recovery_window_in_days = var.recovery_days
}
