output "machines" {
  description = "Function -> the state machine that runs its steps."
  value       = { for key, machine in aws_sfn_state_machine.this : key => { name = local.machine_names[key], arn = machine.arn } }
}
