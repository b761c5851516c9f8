# The user pool as src/finq/accounts expects it; src/finq_local/stack/provision.py makes the same one on a laptop.
resource "aws_cognito_user_pool" "this" {
  name                = var.name
  deletion_protection = var.protected ? "ACTIVE" : "INACTIVE"

  # People are their e-mail address, and HANEUL@EXAMPLE.COM is nobody new.
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  username_configuration {
    case_sensitive = false
  }

  # In words: src/finq/accounts/cognito.py, WeakPassword.
  password_policy {
    minimum_length                   = 8
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = 7
  }

  mfa_configuration = var.mfa ? "OPTIONAL" : "OFF"
  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa ? [true] : []
    content {
      enabled = true
    }
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # A new address counts only once its code came back; until then the old one logs in.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
    email_subject        = "FinQ 인증번호"
    email_message        = "FinQ 인증번호는 {####}이에요. 요청하지 않았다면 이 메일을 무시해 주세요."
  }

  # Cognito's own mail ends at 50 messages a day: fine to begin with, not to be open to the public.
  email_configuration {
    email_sending_account = var.ses_identity_arn == null ? "COGNITO_DEFAULT" : "DEVELOPER"
    source_arn            = var.ses_identity_arn
    from_email_address    = var.mail_from
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name         = var.client_name
  user_pool_id = aws_cognito_user_pool.this.id

  # Apps and browsers cannot keep a secret; finkurn-api calls by these two flows and no others.
  generate_secret     = false
  explicit_auth_flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]

  access_token_validity  = 60
  id_token_validity      = 60
  refresh_token_validity = 30
  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }

  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"
}
