// Sends the answer to the partner at once; without scripts, the button does it.
document.forms.answer.submit();
