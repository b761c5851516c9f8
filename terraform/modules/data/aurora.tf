resource "aws_rds_cluster_parameter_group" "this" {
  count = local.aurora ? 1 : 0

  name        = "${var.name}-aurora-pg16"
  family      = "aurora-postgresql16"
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

resource "aws_rds_cluster" "this" {
  # checkov:skip=CKV_AWS_139: deletion protection is a variable, on in prod
  # checkov:skip=CKV_AWS_162: functions log in with the password that RDS rotates
  # checkov:skip=CKV_AWS_327: AWS' own key encrypts the storage
  # checkov:skip=CKV2_AWS_8: the cluster's own backups of seven days, as for the instance
  # checkov:skip=CKV2_AWS_27: slow statements are logged (log_min_duration_statement); all of them would cost more than the cluster
  count = local.aurora ? 1 : 0

  cluster_identifier = var.name
  engine             = "aurora-postgresql"
  engine_version     = "16"
  engine_mode        = "provisioned"
  storage_encrypted  = true

  database_name               = "finkurn"
  master_username             = "finkurn"
  manage_master_user_password = true

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this[0].name

  serverlessv2_scaling_configuration {
    min_capacity = var.aurora_capacity.min
    max_capacity = var.aurora_capacity.max
  }

  backup_retention_period         = 7
  preferred_backup_window         = "18:30-19:00"
  preferred_maintenance_window    = "sun:19:00-sun:19:30"
  copy_tags_to_snapshot           = true
  deletion_protection             = var.protected
  skip_final_snapshot             = !var.protected
  final_snapshot_identifier       = local.final_name
  enabled_cloudwatch_logs_exports = ["postgresql"]

  depends_on = [aws_cloudwatch_log_group.postgresql]
}

resource "aws_rds_cluster_instance" "this" {
  # checkov:skip=CKV_AWS_118: enhanced monitoring is for the operating system, which a serverless instance has not
  # checkov:skip=CKV_AWS_354: Performance Insights shows statements without values; AWS' own key will do
  count = local.aurora ? 1 : 0

  identifier                   = "${var.name}-1"
  cluster_identifier           = aws_rds_cluster.this[0].id
  engine                       = "aurora-postgresql"
  instance_class               = "db.serverless"
  publicly_accessible          = false
  auto_minor_version_upgrade   = true
  performance_insights_enabled = true
}
