environment = "dev"
suffix      = "-dev"
protected   = false

# Unique in the world: yours.
bucket_suffix = "-dev"
zips_bucket   = "finkurn-lambda-deployment"

# New accounts may run 10 functions at a time, which leaves nothing to reserve.
reserve_concurrency = false
# Nobody waits for dev's policies of tonight.
schedules_enabled = false
