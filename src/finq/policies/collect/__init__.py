"""From the Open API of 온통청년 into the policy bucket, one JSON object a policy."""
