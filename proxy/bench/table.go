package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// fair is the ratio under which a figure is named once more below the table.
const fair = 0.9

// show prints the table, and what the reader should look at first below it.
func show(w io.Writer, all results) error {
	fmt.Fprintf(w, "\nmedians; ratios to plain TLS round by round: 1.00 is as good, less is worse\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\t")
	for _, name := range contenderNames {
		fmt.Fprintf(table, "%s\t", name)
	}
	fmt.Fprint(table, "direct ratio\tbaissh ratio\tlowest to highest\t\n")
	for f := range figures {
		row(table, f, all)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return remark(w, all)
}

func row(w io.Writer, f int, all results) {
	fmt.Fprintf(w, "%s\t", figures[f].name)
	for _, sheets := range all {
		fmt.Fprintf(w, "%s\t", number(median(column(sheets, f)), figures[f].digits))
	}
	ours := ratios(f, all[baissh], all[plainTLS])
	fmt.Fprintf(w, "%s\t%s\t%s\t\n",
		number(median(ratios(f, all[direct], all[plainTLS])), 2), number(median(ours), 2), span(ours))
}

// number shows a dash for what was not measured.
func number(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	return fmt.Sprintf("%.*f", digits, v)
}

// span tells how far a median may be trusted.
func span(values []float64) string {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) < 2 {
		return "-"
	}
	return number(slices.Min(values), 2) + " to " + number(slices.Max(values), 2)
}

// remark names the figures in which baissh is clearly behind.
func remark(w io.Writer, all results) error {
	behind := 0
	for f := range figures {
		if ratio := median(ratios(f, all[baissh], all[plainTLS])); ratio < fair {
			behind++
			fmt.Fprintf(w, "under %.1f of plain TLS: %s (%.2f)\n", fair, figures[f].name, ratio)
		}
	}
	if behind > 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "nothing is under %.1f of plain TLS\n", fair)
	return err
}
