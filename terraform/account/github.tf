# GitHub Actions comes by OIDC, without a key that could leak. Two roles:
#
#   finkurn-github-plan    pull requests: reads what is there
#   finkurn-github-deploy  the environments dev and prod of the repository: changes it
#
# The second could give itself anything by making a role and lending it to a function. So every role that it makes must
# carry the boundary below, and it may neither change that nor roles outside FinQ's names.

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  subjects = {
    plan   = ["repo:${var.github_repository}:pull_request"]
    deploy = [for environment in var.github_environments : "repo:${var.github_repository}:environment:${environment}"]
  }
  roles = ["finkurn-*", "lambda-finkurn-*"]
}

resource "aws_iam_role" "github" {
  for_each = local.subjects

  name                 = "finkurn-github-${each.key}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = each.value
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.github["plan"].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

# To read how a bucket is set up is one thing, what people stored another.
resource "aws_iam_role_policy" "plan" {
  name = "no-contents"
  role = aws_iam_role.github["plan"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid         = "NoContents"
      Effect      = "Deny"
      Action      = ["s3:GetObject", "secretsmanager:GetSecretValue", "logs:GetLogEvents", "logs:FilterLogEvents", "sqs:ReceiveMessage", "cognito-idp:ListUsers", "cognito-idp:AdminGetUser"]
      NotResource = ["${module.state.arn}/*", "${module.zips.arn}/*"]
    }]
  })
}

# Everything but IAM.
resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.github["deploy"].name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}

resource "aws_iam_role_policy" "deploy" {
  name = "roles-of-finq"
  role = aws_iam_role.github["deploy"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "MakeRolesWithinTheBoundary"
        Effect    = "Allow"
        Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        Resource  = [for name in local.roles : "arn:aws:iam::${local.account}:role/${name}"]
        Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn } }
      },
      {
        Sid      = "KeepRoles"
        Effect   = "Allow"
        Action   = ["iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
        Resource = [for name in local.roles : "arn:aws:iam::${local.account}:role/${name}"]
      },
      {
        Sid       = "LendRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [for name in local.roles : "arn:aws:iam::${local.account}:role/${name}"]
        Condition = { StringEquals = { "iam:PassedToService" = ["lambda.amazonaws.com", "rds.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"] } }
      },
      {
        Sid      = "NotItself"
        Effect   = "Deny"
        Action   = ["iam:AttachRolePolicy", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]
        Resource = [for role in aws_iam_role.github : role.arn]
      },
    ]
  })
}

# The most that any role of FinQ can do, whatever it is granted.
resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_288: a boundary grants nothing; what is read is narrowed in each role
  # checkov:skip=CKV_AWS_289: a boundary grants nothing; what is allowed is narrowed in each role
  # checkov:skip=CKV_AWS_290: a boundary grants nothing; what is allowed is narrowed in each role
  # checkov:skip=CKV_AWS_355: a boundary grants nothing; what is allowed is narrowed in each role
  name        = "finkurn-boundary"
  description = "The most that roles of FinQ can do"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Most"
      Effect = "Allow"
      Action = [
        "bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream",
        "cognito-idp:AdminDeleteUser",
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
        "execute-api:ManageConnections",
        "lambda:InvokeFunction",
        "logs:CreateLogDelivery", "logs:CreateLogStream", "logs:DeleteLogDelivery", "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutLogEvents",
        "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "sns:Publish",
        "sqs:SendMessage",
        "states:StartExecution",
        "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
      ]
      Resource = "*"
    }]
  })
}
