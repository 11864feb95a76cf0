// Parts of reports that Valgrind 3.19 wrote, recorded with --xml=yes --show-leak-kinds=all. Only
// folders were changed.
#pragma once

namespace recorded {

// A program that leaks from two source files of the same name, from a template and from a memory
// pool that announces its blocks by VALGRIND_MALLOCLIKE_BLOCK, and writes behind a block.
inline constexpr const char* shelf = R"xml(
<error>
  <unique>0x0</unique>
  <tid>1</tid>
  <kind>InvalidWrite</kind>
  <what>Invalid write of size 1</what>
  <stack>
    <frame>
      <ip>0x109439</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>29</line>
    </frame>
  </stack>
  <auxwhat>Address 0x4a42263 is 0 bytes after a block of size 3 alloc'd</auxwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x10942C</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>28</line>
    </frame>
  </stack>
</error>


<status>
  <state>FINISHED</state>
  <time>00:00:00:01.266 </time>
</status>

<error>
  <unique>0x1</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>8 bytes in 1 blocks are definitely lost in loss record 1 of 6</text>
    <leakedbytes>8</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x109496</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>append</fn>
      <dir>/home/learner/shelf/a</dir>
      <file>list.c</file>
      <line>4</line>
    </frame>
    <frame>
      <ip>0x1094AB</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>books</fn>
      <dir>/home/learner/shelf/a</dir>
      <file>list.c</file>
      <line>7</line>
    </frame>
    <frame>
      <ip>0x1093FD</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>22</line>
    </frame>
  </stack>
</error>

<error>
  <unique>0x2</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>20 bytes in 1 blocks are definitely lost in loss record 2 of 6</text>
    <leakedbytes>20</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x109496</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>append</fn>
      <dir>/home/learner/shelf/a</dir>
      <file>list.c</file>
      <line>4</line>
    </frame>
    <frame>
      <ip>0x1094BC</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>papers</fn>
      <dir>/home/learner/shelf/a</dir>
      <file>list.c</file>
      <line>8</line>
    </frame>
    <frame>
      <ip>0x109402</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>23</line>
    </frame>
  </stack>
</error>

<error>
  <unique>0x3</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>20 bytes in 1 blocks are definitely lost in loss record 3 of 6</text>
    <leakedbytes>20</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x109496</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>append</fn>
      <dir>/home/learner/shelf/a</dir>
      <file>list.c</file>
      <line>4</line>
    </frame>
    <frame>
      <ip>0x1094C6</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>papers</fn>
      <dir>/home/learner/shelf/a</dir>
      <file>list.c</file>
      <line>8</line>
    </frame>
    <frame>
      <ip>0x109402</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>23</line>
    </frame>
  </stack>
</error>

<error>
  <unique>0x4</unique>
  <tid>1</tid>
  <kind>Leak_StillReachable</kind>
  <xwhat>
    <text>24 bytes in 1 blocks are still reachable in loss record 4 of 6</text>
    <leakedbytes>24</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48465EF</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>calloc</fn>
    </frame>
    <frame>
      <ip>0x109470</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>shelf::box&lt;unsigned long&gt;::put(unsigned long)</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>11</line>
    </frame>
    <frame>
      <ip>0x109418</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>26</line>
    </frame>
  </stack>
</error>

<error>
  <unique>0x5</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>64 bytes in 1 blocks are definitely lost in loss record 5 of 6</text>
    <leakedbytes>64</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x1093DD</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>from_pool(unsigned long)</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>17</line>
    </frame>
    <frame>
      <ip>0x109422</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>27</line>
    </frame>
  </stack>
</error>

<error>
  <unique>0x6</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>100 bytes in 1 blocks are definitely lost in loss record 6 of 6</text>
    <leakedbytes>100</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x1094E5</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>append</fn>
      <dir>/home/learner/shelf/b</dir>
      <file>list.c</file>
      <line>4</line>
    </frame>
    <frame>
      <ip>0x1094FA</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>films</fn>
      <dir>/home/learner/shelf/b</dir>
      <file>list.c</file>
      <line>8</line>
    </frame>
    <frame>
      <ip>0x109407</ip>
      <obj>/home/learner/shelf/shelf</obj>
      <fn>main</fn>
      <dir>/home/learner/shelf</dir>
      <file>shelf.cpp</file>
      <line>24</line>
    </frame>
  </stack>
</error>

<errorcounts>
  <pair>
    <count>1</count>
    <unique>0x0</unique>
  </pair>
</errorcounts>


</valgrindoutput>

)xml";

// Two of its leaks when it is stripped, from a folder whose name looks like Valgrind's library.
inline constexpr const char* stripped_shelf = R"xml(
<error>
  <unique>0x1</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>8 bytes in 1 blocks are definitely lost in loss record 1 of 6</text>
    <leakedbytes>8</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x109496</ip>
      <obj>/home/learner/vgpreload_try/shelf_s</obj>
    </frame>
    <frame>
      <ip>0x1094AB</ip>
      <obj>/home/learner/vgpreload_try/shelf_s</obj>
    </frame>
    <frame>
      <ip>0x1093FD</ip>
      <obj>/home/learner/vgpreload_try/shelf_s</obj>
    </frame>
    <frame>
      <ip>0x4884249</ip>
      <obj>/usr/lib/x86_64-linux-gnu/libc.so.6</obj>
      <fn>(below main)</fn>
      <dir>./csu/../sysdeps/nptl</dir>
      <file>libc_start_call_main.h</file>
      <line>58</line>
    </frame>
  </stack>
</error>

<error>
  <unique>0x2</unique>
  <tid>1</tid>
  <kind>Leak_DefinitelyLost</kind>
  <xwhat>
    <text>20 bytes in 1 blocks are definitely lost in loss record 2 of 6</text>
    <leakedbytes>20</leakedbytes>
    <leakedblocks>1</leakedblocks>
  </xwhat>
  <stack>
    <frame>
      <ip>0x48417B4</ip>
      <obj>/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so</obj>
      <fn>malloc</fn>
    </frame>
    <frame>
      <ip>0x109496</ip>
      <obj>/home/learner/vgpreload_try/shelf_s</obj>
    </frame>
    <frame>
      <ip>0x1094BC</ip>
      <obj>/home/learner/vgpreload_try/shelf_s</obj>
    </frame>
    <frame>
      <ip>0x109402</ip>
      <obj>/home/learner/vgpreload_try/shelf_s</obj>
    </frame>
    <frame>
      <ip>0x4884249</ip>
      <obj>/usr/lib/x86_64-linux-gnu/libc.so.6</obj>
      <fn>(below main)</fn>
      <dir>./csu/../sysdeps/nptl</dir>
      <file>libc_start_call_main.h</file>
      <line>58</line>
    </frame>
  </stack>
</error>
)xml";

} // namespace recorded
