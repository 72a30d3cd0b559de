"""Who is in a swarm, and how a machine proves that it is. In come codes, invites and files of secrets; out go keys,
member lists and the identity of this machine."""
