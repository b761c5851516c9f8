# Ways to AWS that do not cross the internet.

data "aws_region" "here" {}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.here.name}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = concat([aws_route_table.isolated.id], [for table in aws_route_table.egress : table.id])

  tags = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.here.name}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.isolated : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Interface endpoints of AWS services"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the functions"
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_security_group" "functions" {
  # checkov:skip=CKV2_AWS_5: the module functions attaches it
  name        = "${var.name}-functions"
  description = "Lambda functions: nobody connects to them"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-functions" }
}

# Tavily, the Open API and AWS give no lists of addresses that would hold for long, so the port is what is limited.
resource "aws_vpc_security_group_egress_rule" "functions" {
  for_each = toset([for port in distinct(concat([443], var.egress_ports)) : tostring(port)])

  security_group_id = aws_security_group.functions.id
  description       = each.key == "443" ? "HTTPS" : "Milvus"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}
