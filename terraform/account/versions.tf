terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The first apply makes the bucket that this names: see docs/terraform.md.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "finq", Environment = "account", ManagedBy = "terraform" }
  }
}
