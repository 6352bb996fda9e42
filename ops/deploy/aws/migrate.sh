#!/bin/sh
# Runs `sla migrate` as a task on Fargate, and waits for it: fails when it fails. Called by Terraform before a roll-out.
set -eu

started=$(aws ecs run-task --cluster "$CLUSTER" --task-definition "$TASK_DEFINITION" --launch-type FARGATE \
    --network-configuration "awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUP],assignPublicIp=DISABLED}" \
    --query 'tasks[0].taskArn' --output text)
if [ -z "$started" ] || [ "$started" = None ]; then
    echo "The migrations could not be started in $CLUSTER." >&2
    exit 1
fi
aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$started"
code=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$started" \
    --query 'tasks[0].containers[0].exitCode' --output text)
if [ "$code" != 0 ]; then
    reason=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$started" --query 'tasks[0].stoppedReason' --output text)
    echo "The migrations failed, nothing was rolled out: exit code $code, $reason" >&2
    echo "What they said: the log streams that begin with migrate/." >&2
    exit 1
fi
echo "The database is at this version's migrations."
