# Policies as the Open API gave them, one JSON a policy. Versions keep what a wrong collection removed.
module "policy_docs" {
  source = "../bucket"

  name                   = var.policy_bucket
  keep_old_versions_days = 90
  force_destroy          = var.force_destroy
}
