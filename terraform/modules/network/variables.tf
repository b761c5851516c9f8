variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "cidr" {
  description = "Addresses of the VPC, at least a /20."
  type        = string

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "An IPv4 range of at least a /20, e.g. 10.40.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones to use, by name, so that a new one of AWS changes nothing; RDS wants two."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4
    error_message = "Two to four zones."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone rather than one for all: another 43 USD a month, and one zone less to depend on."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services reached through interface endpoints."
  type        = set(string)

  validation {
    condition     = contains(var.interface_endpoints, "secretsmanager")
    error_message = "secretsmanager is needed: functions in isolated subnets read the database's password through it."
  }
  validation {
    condition     = !contains(var.interface_endpoints, "execute-api")
    error_message = "An execute-api endpoint would take over the name of the WebSocket API, and @connections would fail."
  }
}

variable "egress_ports" {
  description = "Ports besides 443 on which functions may reach the internet."
  type        = list(number)
}
