"""What an HBS is: model, file format, rules of TT 27/2020, code tables, differences."""
