# PostgreSQL with pgvector: one RDS instance, or Aurora Serverless v2 by `engine`.
#
# The architecture has PostgreSQL 14, which reached its end of life in November 2026; FinQ is built and tested on 16.
# Only the major version is named, so RDS' own minor upgrades are no drift.

locals {
  aurora = var.engine == "aurora"
  # Slow statements are logged without the values people sent: those may be questions, addresses, incomes.
  parameters = {
    log_min_duration_statement        = "1000"
    log_parameter_max_length          = "0"
    log_parameter_max_length_on_error = "0"
    "rds.force_ssl"                   = "1"
  }
  host       = local.aurora ? aws_rds_cluster.this[0].endpoint : aws_db_instance.this[0].address
  secret_arn = local.aurora ? aws_rds_cluster.this[0].master_user_secret[0].secret_arn : aws_db_instance.this[0].master_user_secret[0].secret_arn
  final_name = var.protected ? "${var.name}-final" : null
  log_group  = "/aws/rds/${local.aurora ? "cluster" : "instance"}/${var.name}/postgresql"
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "PostgreSQL"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  description                  = "PostgreSQL from the functions"
  referenced_security_group_id = var.functions_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "functions" {
  security_group_id            = var.functions_security_group_id
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

# Made before RDS would make it, which keeps logs for ever.
resource "aws_cloudwatch_log_group" "postgresql" {
  # checkov:skip=CKV_AWS_158: CloudWatch's own key; the log holds statements without their values
  # checkov:skip=CKV_AWS_338: 30 days, as the architecture says
  name              = local.log_group
  retention_in_days = var.log_retention_days
}

resource "aws_db_parameter_group" "this" {
  count = local.aurora ? 0 : 1

  name        = "${var.name}-pg16"
  family      = "postgres16"
  description = "Slow statements, TLS"

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV2_AWS_69: rds.force_ssl is on in the parameter group; the check does not read a dynamic block
  # checkov:skip=CKV_AWS_118: enhanced monitoring is for the operating system, which a db.t3.medium with Performance Insights does not need
  # checkov:skip=CKV_AWS_157: one zone, as the architecture says (half the price); multi_az is a variable
  # checkov:skip=CKV_AWS_161: functions log in with the password that RDS rotates; IAM tokens would cost 200 logins a second at most
  # checkov:skip=CKV_AWS_293: deletion protection is a variable, on in prod
  # checkov:skip=CKV_AWS_354: Performance Insights shows statements without values; AWS' own key will do
  # checkov:skip=CKV2_AWS_60: copy_tags_to_snapshot is set; the check cannot follow it into a counted resource
  count = local.aurora ? 0 : 1

  identifier     = var.name
  engine         = "postgres"
  engine_version = "16"
  instance_class = var.instance_class

  # gp3 costs what the architecture's gp2 does, and gives 3,000 operations a second at 100 GB instead of 300.
  storage_type          = "gp3"
  allocated_storage     = 100
  max_allocated_storage = 400
  storage_encrypted     = true

  db_name  = "finkurn"
  username = "finkurn"
  # RDS makes the password, keeps it in Secrets Manager and changes it every seven days; finq.database reads it again
  # when a login is refused.
  manage_master_user_password = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  multi_az               = var.multi_az
  parameter_group_name   = aws_db_parameter_group.this[0].name

  # UTC: 03:30 to 04:30 in Seoul. The ETL that may run then resumes where a restart cut it off.
  backup_retention_period    = 7
  backup_window              = "18:30-19:00"
  maintenance_window         = "sun:19:00-sun:19:30"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  deletion_protection        = var.protected
  skip_final_snapshot        = !var.protected
  final_snapshot_identifier  = local.final_name

  enabled_cloudwatch_logs_exports = ["postgresql"]
  performance_insights_enabled    = true

  depends_on = [aws_cloudwatch_log_group.postgresql]
}
