# Linking is half of what a learner waits for: take the fastest linker that is there.
include(CheckLinkerFlag)
foreach(linker mold lld)
    check_linker_flag(CXX -fuse-ld=${linker} HEAPLINGS_LINKER_${linker})
    if(HEAPLINGS_LINKER_${linker})
        add_link_options(-fuse-ld=${linker})
        break()
    endif()
endforeach()
