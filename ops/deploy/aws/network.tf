# The load balancer in the public subnets, all else in the private ones, which have a way out (image,
# secrets, logs, Slack and webhooks) and none in.

locals {
  builds_network = var.network == null
  zones          = local.builds_network ? [for letter in var.zones : "${data.aws_region.here.region}${letter}"] : []
  ways_out       = local.builds_network ? (var.nat_gateway_per_zone ? length(local.zones) : 1) : 0

  vpc_id             = local.builds_network ? aws_vpc.this[0].id : var.network.vpc_id
  public_subnet_ids  = local.builds_network ? aws_subnet.public[*].id : var.network.public_subnet_ids
  private_subnet_ids = local.builds_network ? aws_subnet.private[*].id : var.network.private_subnet_ids
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:flow logs cost more than the rest of the network; turn them on where an audit asks for them
  count = local.builds_network ? 1 : 0

  cidr_block           = var.network_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# What belongs to no group of its own may talk to nobody.
resource "aws_default_security_group" "closed" {
  count = local.builds_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
}

resource "aws_subnet" "public" {
  count = length(local.zones)

  vpc_id            = aws_vpc.this[0].id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network_cidr, 8, count.index)
  tags              = { Name = "${var.name}-public-${local.zones[count.index]}" }
}

resource "aws_subnet" "private" {
  count = length(local.zones)

  vpc_id            = aws_vpc.this[0].id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network_cidr, 8, 100 + count.index)
  tags              = { Name = "${var.name}-private-${local.zones[count.index]}" }
}

resource "aws_internet_gateway" "this" {
  count = local.builds_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

resource "aws_route_table" "public" {
  count = local.builds_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this[0].id
  }
}

resource "aws_route_table_association" "public" {
  count = length(local.zones)

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "way_out" {
  count = local.ways_out

  domain = "vpc"
  tags   = { Name = "${var.name}-way-out-${count.index}" }
}

resource "aws_nat_gateway" "way_out" {
  count = local.ways_out

  allocation_id = aws_eip.way_out[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = { Name = "${var.name}-${count.index}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "private" {
  count = length(local.zones)

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-private-${local.zones[count.index]}" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.way_out[count.index % local.ways_out].id
  }
}

resource "aws_route_table_association" "private" {
  count = length(local.zones)

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}
