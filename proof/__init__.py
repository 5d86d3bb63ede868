"""What shows that nothing is lost: the simulation, chaos, properties, mutants. The product knows none of them."""
