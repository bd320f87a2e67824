package pages

// Failed is how many fields were not as they have to be.
func (p Account) Failed() int {
	failed := 0
	for _, field := range p.Fields {
		if field.Error != "" {
			failed++
		}
	}
	return failed
}
