"""What an operator and the pipeline run against AWS: releases, and what the system costs and bears. In no image."""
