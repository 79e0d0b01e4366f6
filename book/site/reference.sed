# What Doxygen does not know in the comments of the source, said in its own words.
s/@sdm\{([^}]*)\}/(Intel SDM, \1)/g
s/@apm\{([^}]*)\}/(AMD APM, \1)/g
s/@spec\{([^}]*)\}/(\1)/g
s/@(sdm|apm|spec)\{/(/g
s/@chapter .*//
/\/\/\//{
    s/#([A-Z])/\\#\1/g
    s/<([a-z]+)>/\&lt;\1\&gt;/g
}
