"""What apt, pip, git and other programs are asked to do: argument grammars."""
