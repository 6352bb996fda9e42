# HTTPS and WebSockets from outside. The load balancer takes WebSockets as they are.

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:the program logs its requests, and the load balancer's own log needs a bucket and its upkeep
  #checkov:skip=CKV2_AWS_28:a web application firewall is for whoever opens it to the world; `clients` narrows it
  #checkov:skip=CKV2_AWS_20:there is no listener on port 80 to redirect
  name               = var.name
  load_balancer_type = "application"
  internal           = false
  subnets            = local.public_subnet_ids
  security_groups    = [aws_security_group.load_balancer.id]

  # Seconds of silence. Less than the program's own 75, so that the load balancer is the one that lets go; live
  # streams say something more often.
  idle_timeout = 60

  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = var.database_deletion_protection
}

resource "aws_lb_target_group" "api" {
  #checkov:skip=CKV_AWS_378:HTTPS ends at the load balancer; behind it is a network of our own
  name        = "${var.name}-api"
  vpc_id      = local.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = local.port

  # Seconds that a leaving task still answers what it has; live streams are cut then, and resume at another.
  deregistration_delay = 30

  health_check {
    path                = "/ready"
    matcher             = "200"
    interval            = 15
    timeout             = 10
    healthy_threshold   = 2
    unhealthy_threshold = 10 # as long as a database takes to fail over: tasks that only wait for it are not replaced
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}
